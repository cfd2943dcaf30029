/** `1:30:00` of seconds; "" for 0, the site's default. */
export function walltimeText(seconds: number): string {
  if (!seconds) return '';
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return parts.map((part, index) => (index ? String(part).padStart(2, '0') : part)).join(':');
}

/** Seconds of `h:mm:ss`, `h:mm` or `h`, as oarsub reads them; 0 of ""; null if it is none of these. */
export function readWalltime(text: string): number | null {
  const written = text.trim();
  if (!written) return 0;
  if (!/^\d{1,4}(:\d{1,2}){0,2}$/.test(written)) return null;
  const [hours = 0, minutes = 0, seconds = 0] = written.split(':').map(Number);
  if (minutes > 59 || seconds > 59) return null;
  return hours * 3600 + minutes * 60 + seconds || null;
}
