import type * as node from './bytes.node.ts';

/** Arguments of one call: an engine has room for some tens of thousands. */
const MOST_ARGUMENTS = 8192;

export const latin1Of: typeof node.latin1Of = (bytes) => {
  let text = '';
  for (let start = 0; start < bytes.length; start += MOST_ARGUMENTS) {
    text += String.fromCharCode(...bytes.subarray(start, start + MOST_ARGUMENTS));
  }
  return text;
};

export const bytesOfLatin1: typeof node.bytesOfLatin1 = (text) => {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
};

export const base64Of: typeof node.base64Of = (bytes) => btoa(latin1Of(bytes));

export const writeBase64: typeof node.writeBase64 = (text, target) => {
  let decoded: string;
  try {
    decoded = atob(text);
  } catch {
    return 0;
  }
  const bytes = bytesOfLatin1(decoded).subarray(0, target.length);
  target.set(bytes);
  return bytes.length;
};
