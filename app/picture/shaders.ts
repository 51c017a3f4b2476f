/** The shaders of the picture: counts to grey, corrected on one side of a line. */

export const vertexShader = `#version 300 es
in vec2 corner;
uniform vec4 box;      // left, top, right, bottom of the quad, in pixels of the full resolution
uniform vec3 view;     // the point in the middle of the picture, and screen pixels per pixel
uniform vec2 screen;   // width and height of the picture, in screen pixels
out vec2 place;
void main() {
  place = mix(box.xy, box.zw, corner);
  vec2 onScreen = (place - view.xy) * view.z / (screen * 0.5);
  gl_Position = vec4(onScreen.x, -onScreen.y, 0.0, 1.0);
}`;

/** The formula of the kernel, (I - D) / (F + 1e-6); what is right of the line shows it. */
export const fragmentShader = `#version 300 es
precision highp float;
precision highp sampler2D;
in vec2 place;
uniform vec4 box;
uniform vec4 extent;   // what the plane's texture covers, in pixels of the full resolution
uniform vec2 grey;     // counts that are black and white
uniform vec3 tint;
uniform float split;   // the line, in screen pixels from the left
uniform bool corrects;
uniform sampler2D plane;
uniform sampler2D flatfield;
uniform sampler2D darkfield;
out vec4 colour;
void main() {
  vec2 at = (place - extent.xy) / (extent.zw - extent.xy);
  if (any(lessThan(at, vec2(0.0))) || any(greaterThanEqual(at, vec2(1.0)))) discard;
  float count = texture(plane, at).r;
  // Left of the line the plane itself is seen, drawn before
  if (corrects && gl_FragCoord.x < split) discard;
  if (corrects) {
    vec2 inTile = (place - box.xy) / (box.zw - box.xy);
    count = (count - texture(darkfield, inTile).r) / (texture(flatfield, inTile).r + 1e-6);
  }
  float share = clamp((count - grey.x) / max(1e-3, grey.y - grey.x), 0.0, 1.0);
  colour = vec4(tint * pow(share, 0.7), 1.0);
}`;
