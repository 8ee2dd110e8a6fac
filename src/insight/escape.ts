/** Escapes a text for HTML and SVG, between tags or in a quoted attribute, so that nothing in it is read as markup. */
export function escapeMarkup(text: string): string {
  return text.replace(
    /[&<>"'\p{Cc}]/gu,
    (character) => ENTITIES[character] ?? (ALLOWED.has(character) ? character : '\u{fffd}'),
  );
}

/** JSON for a `<script>` element. Characters that could end the script or begin a comment are escaped; the JSON has the same value. */
export function escapeScript(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The control characters that XML allows. */
const ALLOWED = new Set(['\t', '\n', '\r']);
