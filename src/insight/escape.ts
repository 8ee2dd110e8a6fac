/** Text as it may stand in HTML or SVG, between tags and in quoted attributes: nothing in it is markup. */
export function escapeMarkup(text: string): string {
  return text.replace(
    /[&<>"'\p{Cc}]/gu,
    (character) => ENTITIES[character] ?? (ALLOWED.has(character) ? character : '\u{fffd}'),
  );
}

/** JSON as it may stand in a `<script>`: what could end the script, or begin a comment, is escaped; it is the same JSON. */
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
