// Draws planes of counts as grey pictures.

/** The counts that become black and white: but for one pixel in a hundred at the dark and one in 500 at the bright end. */
export function greyRange(pixels) {
  const sorted = Float64Array.from(pixels).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return [at(0.01), Math.max(at(0.998), at(0.01) + 1)];
}

/** Puts a plane into a canvas of its size. */
export function draw(canvas, { rows, columns, pixels }, [black, white]) {
  canvas.width = columns;
  canvas.height = rows;
  const picture = new ImageData(columns, rows);
  for (const [index, count] of pixels.entries()) {
    // The eye sees differences of the dark better than screens show them
    const share = Math.max(0, Math.min(1, (count - black) / (white - black)));
    picture.data.fill(255 * share ** 0.7, 4 * index, 4 * index + 3);
    picture.data[4 * index + 3] = 255;
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}
