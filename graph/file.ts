/** A reference to a file: what file pins carry instead of the bytes. */
const scheme = "treeline://files/";

export function fileUri(id: string): string {
  return scheme + id;
}

/** The id in a reference; null: it is something else, or malformed. */
export function fileIdOf(text: string): string | null {
  if (!text.startsWith(scheme)) return null;
  const id = text.slice(scheme.length).toLowerCase();
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : null;
}
