/**
 * Characters that some file system refuses in a name or takes for a part of the path, or that cause trouble in scripts.
 */
const UNSAFE = /[\p{Cc}\p{Cs}/\\:*?"<>|]+/gu;
/** Leaves room for a prefix, an extension and the ending of a temporary file below the 255 bytes of a name. */
const MOST_BYTES = 180;

/**
 * A function that makes distinct names of files. It never gives a name twice. Nor does it give two names that a file
 * system might take for the same: upper and lower case, or composed and decomposed letters. A name that is taken gets a
 * number behind it.
 */
export function distinctNames(): (wanted: string) => string {
  const taken = new Set<string>();
  return (wanted) => {
    const name = shortened(wanted.normalize('NFC').replace(UNSAFE, '-'));
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? name : `${name}-${n}`;
      const key = folded(candidate);
      if (taken.has(key)) continue;
      taken.add(key);
      return candidate;
    }
  };
}

function folded(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

function shortened(name: string): string {
  const encoder = new TextEncoder();
  let [bytes, end] = [0, 0];
  for (const letter of name) {
    bytes += encoder.encode(letter).length;
    if (bytes > MOST_BYTES) return name.slice(0, end);
    end += letter.length;
  }
  return name;
}
