/** Message types of the backend protocol that a COPY is made of. */
export const COPY_OUT = 0x48;
export const COPY_DATA = 0x64;
export const COPY_DONE = 0x63;
export const ERROR = 0x45;
/** Type and length before each message. */
export const FRAME_BYTES = 5;
/** Signature, flags and length of the extension before the first row. */
export const HEADER_BYTES = 19;

const SIGNATURE = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00];

/** Length of a whole COPY header, extension included; throws where the bytes are none. */
export function headerLength(view: DataView, start: number): number {
  if (SIGNATURE.some((byte, i) => view.getUint8(start + i) !== byte)) throw malformed('wrong signature');
  const flags = view.getInt32(start + SIGNATURE.length);
  const extension = view.getInt32(start + SIGNATURE.length + 4);
  if (flags >>> 16 !== 0) throw malformed(`unknown critical flags ${flags}`);
  if (extension < 0) throw malformed(`header extension of ${extension} bytes`);
  return HEADER_BYTES + extension;
}

/** Fields of a row, from a CopyOutResponse with its frame. */
export function fieldCount(message: Uint8Array): number {
  if (message.length < 8 || message[5] !== 1) throw malformed('its format is not binary');
  return (message[6]! << 8) | message[7]!;
}

/** The server's bytes are not what the protocol says. */
export function malformed(what: string): Error {
  return new Error(`malformed COPY stream: ${what}`);
}
