interface Source {
  getSource(): string;
  setSource(source: string): void;
}

/** Have `change` rewrite it; asked anew where the person has gone on writing until it answers. */
export async function rewrite(
  source: Source,
  change: (text: string) => Promise<string>,
): Promise<void> {
  let before: string;
  let after: string;
  do {
    before = source.getSource();
    after = await change(before);
  } while (source.getSource() !== before);
  source.setSource(after);
}
