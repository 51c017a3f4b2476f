/** Draws a plane of a mosaic with WebGL: as it is, and corrected by a profile right of a line. */
import type { DrawnProfile, TileFacts } from "../engine/messages.ts";
import { fragmentShader, vertexShader } from "./shaders.ts";

/** A rectangle of a plane with its counts, and what it covers in pixels of the full resolution: left, top, right, bottom. */
export interface LoadedPlane {
  readonly extent: readonly [number, number, number, number];
  readonly columns: number;
  readonly rows: number;
  readonly counts: Float32Array<ArrayBuffer>;
}

/** What is looked at: the point in the middle, in pixels of the full resolution, and screen pixels for one of these. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** All that a picture depends on, beside planes and profiles. */
export interface Look {
  readonly view: View;
  readonly grey: readonly [number, number];
  readonly tint: readonly [number, number, number];
  /** Where the line is, as a share of the width; 1 shows no correction. */
  readonly split: number;
  readonly tiles: readonly TileFacts[];
  readonly channel: number;
}

interface PlaneTexture {
  readonly texture: WebGLTexture;
  readonly extent: LoadedPlane["extent"];
}

interface ProfileTextures {
  readonly side: string | undefined;
  readonly flatfield: WebGLTexture;
  readonly darkfield: WebGLTexture;
}

const uniformNames = [
  ..."box view screen extent grey tint split corrects plane flatfield darkfield".split(" "),
] as const;

/** A canvas with its programs and textures. @throws Error where the browser has no WebGL 2 */
export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  readonly #uniforms: Record<string, WebGLUniformLocation | null> = {};
  readonly #isSmooth: boolean;
  /** Coarse first. */
  #planes: PlaneTexture[] = [];
  #profiles: ProfileTextures[] = [];

  constructor(canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true });
    if (gl === null) throw new Error("This browser shows no pictures here: it has no WebGL 2.");
    this.#canvas = canvas;
    this.#gl = gl;
    this.#isSmooth = gl.getExtension("OES_texture_float_linear") !== null;
    const program = linked(gl);
    gl.useProgram(program);
    for (const name of uniformNames) this.#uniforms[name] = gl.getUniformLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(program, "corner");
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
    gl.uniform1i(this.#uniforms.flatfield!, 1);
    gl.uniform1i(this.#uniforms.darkfield!, 2);
  }

  /** The planes to draw, the coarse one first; what is beneath a fine one is hidden by it. */
  setPlanes(planes: readonly LoadedPlane[]): void {
    for (const { texture } of this.#planes) this.#gl.deleteTexture(texture);
    this.#planes = planes.map(({ counts, columns, rows, extent }) => ({
      texture: this.#texture(counts, columns, rows, false),
      extent,
    }));
  }

  setProfiles(profiles: readonly DrawnProfile[]): void {
    for (const { flatfield, darkfield } of this.#profiles) {
      this.#gl.deleteTexture(flatfield);
      this.#gl.deleteTexture(darkfield);
    }
    this.#profiles = profiles.map(({ side, shapeYx: [rows, columns], flatfield, darkfield }) => ({
      side,
      flatfield: this.#texture(flatfield, columns, rows, true),
      darkfield: this.#texture(darkfield, columns, rows, true),
    }));
  }

  draw(look: Look): void {
    const [gl, { width, height }] = [this.#gl, this.#canvas];
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const { view, grey, tint, split } = look;
    gl.uniform3f(this.#uniforms.view!, view.x, view.y, view.scale);
    gl.uniform2f(this.#uniforms.screen!, width, height);
    gl.uniform2f(this.#uniforms.grey!, ...grey);
    gl.uniform3f(this.#uniforms.tint!, ...tint);
    gl.uniform1f(this.#uniforms.split!, split * width);
    for (const plane of this.#planes) this.#drawPlane(plane, look);
  }

  #drawPlane({ texture, extent }: PlaneTexture, look: Look): void {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform4f(this.#uniforms.extent!, ...extent);
    this.#quad(extent, undefined);
    if (this.#profiles.length === 0 || look.split >= 1) return;
    for (const { start, stop, sides } of look.tiles) {
      const box = [start[2], start[1], stop[2], stop[1]] as const;
      if (!meets(box, extent) || !meets(box, visible(look.view, this.#canvas))) continue;
      const side = sides[look.channel];
      this.#quad(
        box,
        this.#profiles.find((profile) => profile.side === undefined || profile.side === side),
      );
    }
  }

  #quad(box: LoadedPlane["extent"], profile: ProfileTextures | undefined): void {
    const gl = this.#gl;
    gl.uniform4f(this.#uniforms.box!, ...box);
    gl.uniform1i(this.#uniforms.corrects!, profile === undefined ? 0 : 1);
    if (profile !== undefined) {
      gl.activeTexture(gl.TEXTURE1);
      gl.bindTexture(gl.TEXTURE_2D, profile.flatfield);
      gl.activeTexture(gl.TEXTURE2);
      gl.bindTexture(gl.TEXTURE_2D, profile.darkfield);
    }
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** Profiles are smooth between their pixels; counts are shown as they are. */
  #texture(values: Float32Array<ArrayBuffer>, columns: number, rows: number, isSmooth: boolean): WebGLTexture {
    const gl = this.#gl;
    const texture = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, columns, rows, 0, gl.RED, gl.FLOAT, values);
    const filter = isSmooth && this.#isSmooth ? gl.LINEAR : gl.NEAREST;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    return texture;
  }
}

/** The part of the mosaic that a picture shows: left, top, right, bottom. */
export function visible(
  { x, y, scale }: View,
  { width, height }: { width: number; height: number },
): LoadedPlane["extent"] {
  const [halfWidth, halfHeight] = [width / 2 / scale, height / 2 / scale];
  return [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
}

function meets(one: LoadedPlane["extent"], other: LoadedPlane["extent"]): boolean {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}

function linked(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, text] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) {
    throw new Error(`The picture cannot be drawn: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}
