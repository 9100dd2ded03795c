type Child = Node | string;

/** What an element may be given besides its children: attributes by name; `hidden: false` leaves one out. */
type Attributes = Readonly<Record<string, string | boolean>>;

/**
 * Makes an element. Text becomes text, never markup: the only way in which this page writes what it has read.
 * Trust: children may be attacker-chosen; names and attributes are ours.
 */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/**
 * The element of an id, which index.html has.
 * Throws: Error when it has none, or one of another kind: then page and script do not belong together.
 */
export function byId<Kind extends HTMLElement>(id: string, kind: abstract new () => Kind): Kind {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}.`);
  return element;
}

/**
 * Text as it stands in the file, where a reader can see all of it: what steers direction or shows nothing is named.
 * Source: Unicode TR 36 §3.4.
 */
export function visible(text: string): string {
  return text.toWellFormed().replace(unseen, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/** A value among words, which turns the direction of none of them. */
export function value(text: string): HTMLElement {
  return make("bdi", {}, visible(text));
}

const unseen = /[\p{Cc}\p{Cf}\u2028\u2029\u115f\u1160\u3164]/gu;
