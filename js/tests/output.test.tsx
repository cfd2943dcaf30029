import { cleanup, fireEvent, screen, waitFor } from '@testing-library/preact';
import { userEvent } from '@testing-library/user-event';
import { describe, expect, test, vi } from 'vitest';

import { Output } from '../src/views/job/Output';
import { FIRST } from '../src/views/job/reader';
import { FakeChannel, row } from './channel';
import { File, numbered } from './file';
import { mounted } from './mounted';

describe('the view', () => {
  function show(
    files: Record<'stdout' | 'stderr', File>,
    streams: ('stdout' | 'stderr')[] = ['stdout'],
  ): FakeChannel {
    const channel = new FakeChannel({ log: (ask) => files[ask.stream].read(ask) });
    mounted(<Output row={row()} streams={streams} setSearch={() => undefined} />, channel);
    return channel;
  }
  const nothing = new File('');
  const log = (): HTMLElement => screen.getByRole('log');
  const grow = (channel: FakeChannel, file: File, text: string, ended = false): void => {
    file.text += text;
    file.ended = ended;
    channel.push({ push: 'grown', key: 'job:1', stdout: file.text.length, stderr: 0, ended });
  };

  test('output is shown as it grows, until it is complete', async () => {
    const file = new File('first\n');
    const channel = show({ stdout: file, stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('first'));
    expect(channel.askedOf('watch')).toEqual([{ keys: ['job:1'] }]);
    grow(channel, file, 'second\n');
    await waitFor(() => expect(log().textContent).toContain('second'));
    expect(screen.getByText('Follows what is written')).toBeTruthy();
    grow(channel, file, 'third\n', true);
    await waitFor(() => expect(screen.getByText('Complete')).toBeTruthy());
    expect(log().textContent).toContain('third');
    cleanup();
    expect(channel.askedOf('watch').at(-1)).toEqual({ keys: [] });
  });

  test('what is written is text, whatever it is', async () => {
    const evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>&lt;\x1b[31m<b>red</b>\n';
    show({ stdout: new File(evil), stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('<b>red</b>'));
    expect(log().textContent).toContain(
      '<img src=x onerror="alert(1)"><script>alert(2)</script>&lt;',
    );
    expect(log().querySelector('img, script, b')).toBeNull();
    expect(screen.getByText('<b>red</b>').style.color).toBe('var(--poj-ansi-1)');
  });

  test('of much output, only lines in sight are in the page', async () => {
    show({ stdout: new File(numbered(100_000)), stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('line 100000'));
    expect(log().querySelectorAll('.poj-line').length).toBeLessThan(80);
    expect(screen.getByText(/before this/)).toBeTruthy();
  });

  test('a line of a megabyte does not come whole', async () => {
    show({ stdout: new File('z'.repeat(1_000_000)), stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('zzz'));
    expect(log().textContent.length).toBeLessThan(FIRST + 100);
  });

  test('Home goes to the start and stops following; End follows again', async () => {
    const file = new File(numbered(100_000));
    const channel = show({ stdout: file, stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('line 100000'));
    fireEvent.keyDown(log(), { key: 'Home' });
    await waitFor(() => expect(log().textContent).toContain('line 1line 2'));
    expect(screen.getByText(/Does not follow/)).toBeTruthy();
    grow(channel, file, 'the newest\n');
    expect(log().textContent).not.toContain('the newest');
    fireEvent.keyDown(log(), { key: 'End' });
    await waitFor(() => expect(log().textContent).toContain('the newest'));
  });

  test('the wheel, upwards, stops following', async () => {
    const file = new File(numbered(5_000));
    const channel = show({ stdout: file, stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('line 5000'));
    log().scrollTop = 1000;
    fireEvent.wheel(log(), { deltaY: -50 });
    await waitFor(() => expect(screen.getByText(/Does not follow/)).toBeTruthy());
    grow(channel, file, 'the newest\n');
    expect(log().textContent).not.toContain('the newest');
  });

  test('a search marks what it finds and tells how much it looked at', async () => {
    const text = numbered(30_000);
    show({ stdout: new File(text), stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('line 30000'));
    const field = screen.getByRole('searchbox');
    await userEvent.type(field, 'LINE 15001');
    await screen.findByText('Not found');
    expect(screen.getByText(/in 64 kB of/)).toBeTruthy();
    await userEvent.click(screen.getByText('Load all'));
    await screen.findByText('1');
    await userEvent.type(field, '{Enter}');
    await screen.findByText('1 of 1');
    await waitFor(() =>
      expect(log().querySelector('mark.poj-is-current')?.textContent).toBe('line 15001'),
    );
    await userEvent.type(field, '{Escape}');
    await waitFor(() => expect(log().querySelector('mark')).toBeNull());
  });

  test('next and previous go around', async () => {
    show({ stdout: new File('hit\nmiss\nhit hit\n'), stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('miss'));
    await userEvent.type(screen.getByRole('searchbox'), 'hit');
    await screen.findByText('3');
    await userEvent.click(screen.getByText('Next'));
    await screen.findByText('1 of 3');
    await userEvent.click(screen.getByText('Previous'));
    await screen.findByText('3 of 3');
    await userEvent.click(screen.getByText('Next'));
    await screen.findByText('1 of 3');
  });

  test('two streams are two tabs; one needs none', async () => {
    const files = { stdout: new File('out\n'), stderr: new File('err\n') };
    const channel = show(files, ['stdout', 'stderr']);
    await waitFor(() => expect(log().textContent).toContain('out'));
    expect(channel.askedOf('log').map(({ stream }) => stream)).toEqual(['stdout']);
    await userEvent.click(screen.getByRole('tab', { name: /stderr/ }));
    await waitFor(() => expect(log().textContent).toContain('err'));
    cleanup();
    show(files);
    expect(screen.queryByRole('tab')).toBeNull();
  });

  test('where nobody tells that it grows, it is looked at', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const file = new File('first\n');
      const channel = show({ stdout: file, stderr: nothing });
      vi.advanceTimersByTime(100);
      await vi.waitFor(() => expect(log().textContent).toContain('first'));
      file.text += 'second\n';
      vi.advanceTimersByTime(3000);
      await vi.waitFor(() => expect(log().textContent).toContain('second'));
      grow(channel, file, 'third\n');
      await vi.waitFor(() => expect(log().textContent).toContain('third'));
      const asked = channel.askedOf('log').length;
      vi.advanceTimersByTime(30_000);
      expect(channel.askedOf('log')).toHaveLength(asked);
    } finally {
      vi.useRealTimers();
    }
  });

  test('after a break of the connection it catches up', async () => {
    const file = new File('before\n');
    const channel = show({ stdout: file, stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('before'));
    channel.become('lost');
    file.text += 'meanwhile\n';
    channel.become('open');
    await waitFor(() => expect(log().textContent).toContain('meanwhile'));
  });
});
