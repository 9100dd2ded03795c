/** Base64 with padding, as notes are written. Source: RFC 4648 §4. */
export const base64 = {
  encode: (bytes: Uint8Array): string => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 3) {
      const [one = 0, two = 0, three = 0] = bytes.subarray(at, at + 3);
      const bits = (one << 16) | (two << 8) | three;
      const signs = [18, 12, 6, 0].map((shift) => alphabet[(bits >> shift) & 63]).join("");
      const missing = Math.max(0, at + 3 - bytes.length);
      text += missing === 0 ? signs : signs.slice(0, 4 - missing).padEnd(4, "=");
    }
    return text;
  },

  /** Undefined: it is not the one canonical spelling of any bytes. Trust: attacker-chosen. */
  decode: (text: string): Uint8Array | undefined => {
    if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
    const binary = atob(text);
    const bytes = Uint8Array.from(binary, (sign) => sign.charCodeAt(0));
    return base64.encode(bytes) === text ? bytes : undefined;
  },
};

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
