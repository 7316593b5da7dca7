// Pictures without what cameras and programs note in them: the place, the device, the owner, a
// smaller picture from before it was cut. Only the way up stays. It is loaded with the first file.

// Largest picture that is looked at; one of more bytes is sent as it is.
const PICTURE_MAX = 64 * 1024 * 1024;
const HEAD = 12;

const text = (bytes, at, count) => String.fromCharCode(...bytes.subarray(at, at + count));

/** The way up that a TIFF block notes, 1 to 8: that of the camera, if it notes none. */
function wayUp(tiff) {
  try {
    const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
    const isLittle = view.getUint16(0) === 0x4949;
    const list = view.getUint32(4, isLittle);
    for (let at = 0; at < view.getUint16(list, isLittle); at += 1) {
      const entry = list + 2 + at * 12;
      if (view.getUint16(entry, isLittle) !== 0x0112) continue;
      const value = view.getUint16(entry + 8, isLittle);
      return value >= 1 && value <= 8 ? value : 1;
    }
  } catch {
    // The block ends too early.
  }
  return 1;
}

/** A TIFF block with the way up and nothing else. */
const tiffOf = (way) => Uint8Array.of(0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 1,
  0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, way, 0, 0, 0, 0, 0, 0);

/** The end of the image data that begins at `from`: the place of the next marker. */
function endOfScan(bytes, from) {
  let at = from;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) return bytes.length;
    const next = bytes[at + 1];
    const isData = next === 0 || (next >= 0xd0 && next <= 0xd7);
    if (!isData && next !== 0xff) return at;
    at += next === 0xff ? 1 : 2;
  }
}

/** Whether a segment of a JPEG is needed to draw it. */
function isDrawn(bytes, at, marker) {
  if (marker === 0xe0) return text(bytes, at + 4, 5) === 'JFIF\0';
  if (marker === 0xe2) return text(bytes, at + 4, 12) === 'ICC_PROFILE\0';
  // The colours that Adobe's programs mean.
  if (marker === 0xee) return true;
  return marker !== 0xfe && !(marker > 0xe0 && marker <= 0xef);
}

/** The parts of a JPEG that are needed to draw it, up to its end: cameras put films and a second
 *  picture, with notes of its own, after that. Nothing if it is none. */
function jpeg(bytes) {
  const parts = [];
  let way = 1;
  for (let at = 2; at + 1 < bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    let end = at + 2;
    const isAlone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd9);
    if (!isAlone) end += (bytes[at + 2] << 8) | bytes[at + 3];
    if (!(end >= at + 2) || end > bytes.length) return undefined;
    if (marker === 0xda) end = endOfScan(bytes, end);
    if (marker === 0xe1 && text(bytes, at + 4, 6) === 'Exif\0\0') {
      way = wayUp(bytes.subarray(at + 10, end));
    }
    if (isAlone || isDrawn(bytes, at, marker)) parts.push(bytes.subarray(at, end));
    if (marker === 0xd9) break;
    at = end;
  }
  const exif = way === 1 ? [] : [Uint8Array.of(0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0),
    tiffOf(way)];
  return [bytes.subarray(0, 2), ...exif, ...parts];
}

const PNG_NOTES = ['eXIf', 'tEXt', 'zTXt', 'iTXt', 'tIME'];

/** A PNG's chunks that are needed to draw it, up to its end. */
function png(bytes) {
  const view = new DataView(bytes.buffer);
  const parts = [bytes.subarray(0, 8)];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at);
    const type = text(bytes, at + 4, 4);
    if (end > bytes.length) return undefined;
    if (!PNG_NOTES.includes(type)) parts.push(bytes.subarray(at, end));
    if (type === 'IEND') return parts;
    at = end;
  }
  return undefined;
}

// Where the extended header of a WebP says that it has notes, by Exif or by XMP.
const WEBP_NOTES = 0x08 | 0x04;

/** A WebP's chunks that are needed to draw it. */
function webp(bytes) {
  const view = new DataView(bytes.buffer);
  const whole = Math.min(bytes.length, 8 + view.getUint32(4, true));
  const parts = [];
  for (let at = HEAD; at + 8 <= whole;) {
    const size = view.getUint32(at + 4, true);
    const end = at + 8 + size + (size & 1);
    const type = text(bytes, at, 4);
    if (end > whole) return undefined;
    const chunk = bytes.slice(at, end);
    if (type === 'VP8X') chunk[8] &= ~WEBP_NOTES;
    if (type !== 'EXIF' && type !== 'XMP ') parts.push(chunk);
    at = end;
  }
  const head = bytes.slice(0, HEAD);
  const size = parts.reduce((sum, part) => sum + part.length, 4);
  new DataView(head.buffer).setUint32(4, size, true);
  return [head, ...parts];
}

/** The parts of a picture that are needed to draw it; nothing if it is of no kind known here. */
export function partsOf(bytes) {
  if (bytes.length < HEAD) return undefined;
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return jpeg(bytes);
  if (text(bytes, 1, 7) === 'PNG\r\n\x1a\n') return png(bytes);
  if (text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 4) === 'WEBP') return webp(bytes);
  return undefined;
}

/** A file as it may be shown to others; any other than a picture as it is. */
export async function withoutMetadata(file) {
  if (file.size > PICTURE_MAX) return file;
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  if (!/^(\xff\xd8|\x89PNG|RIFF)/.test(text(head, 0, 4))) return file;
  const parts = partsOf(new Uint8Array(await file.arrayBuffer()));
  return parts ? new File(parts, file.name, { type: file.type }) : file;
}
