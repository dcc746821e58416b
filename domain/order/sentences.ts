/** A sentence in the two languages that callers read. */
export interface Prompt {
  zh: string;
  en: string;
}

export const NOTHING: Prompt = { zh: '', en: '' };

/** A time span: `2 h 5 min 0 s`. */
export function duration(seconds: number, language: 'zh' | 'en'): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  const units = language === 'zh' ? ['小时', '分', '秒'] : [' h ', ' min ', ' s'];
  return `${hours ? hours + (units[0] as string) : ''}${hours || minutes ? minutes + (units[1] as string) : ''}${rest}${units[2]}`;
}

/** Sentences one after the other; empty ones are left out. */
export function joined(...sentences: Prompt[]): Prompt {
  return {
    zh: sentences.map(({ zh }) => zh).join(''),
    en: sentences
      .map(({ en }) => en)
      .filter(Boolean)
      .join(' '),
  };
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A moment in Beijing time, to the minute. */
export function beijing(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
}
