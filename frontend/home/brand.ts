/** Puts the provider's colours on the page: the palette of light or dark surroundings, and shades between them. */
import type { Branding } from "../sdk/elsipo";

type Palette = NonNullable<Branding["colours"]["light"]>;

const DARK = "(prefers-color-scheme: dark)";

/** The custom properties of `sdk/base.css` that a palette stands for. Pure. */
export function properties(palette: Palette): Record<string, string> {
  const { accent, accent_text, background, text } = palette;
  return {
    "--ground": mixed(background, text, 0.04),
    "--surface": background,
    "--sunken": mixed(background, text, 0.08),
    "--line": mixed(background, text, 0.2),
    "--text": text,
    "--quiet": mixed(text, background, 0.2),
    "--accent": accent,
    "--accent-text": accent_text,
    "--accent-soft": mixed(background, accent, 0.14),
  };
}

/** Colour the page, now and whenever the surroundings turn light or dark; the returned function stops that. */
export function paint(branding: Branding): () => void {
  const media = window.matchMedia(DARK);
  const style = document.documentElement.style;
  const apply = (): void => {
    const palette = media.matches ? branding.colours.dark : branding.colours.light;
    const wanted = palette === undefined ? {} : properties(palette);
    Array.from(style)
      .filter((name) => name.startsWith("--"))
      .forEach((name) => style.removeProperty(name));
    Object.keys(wanted).forEach((name) => style.setProperty(name, wanted[name] ?? ""));
  };
  apply();
  media.addEventListener("change", apply);
  return () => media.removeEventListener("change", apply);
}

function mixed(colour: string, other: string, share: number): string {
  const channel = (at: number): string => {
    const own = parseInt(colour.slice(at, at + 2), 16);
    const value = Math.round(own + (parseInt(other.slice(at, at + 2), 16) - own) * share);
    return value.toString(16).padStart(2, "0");
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}
