import { screen, waitFor } from '@testing-library/preact';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it } from 'vitest';

import { mount } from '../src/mount';
import { FakeChannel, fakeHost, row } from './channel';

let unmount: (() => void) | undefined;

afterEach(() => {
  unmount?.();
  document.body.replaceChildren();
});

function show(channel = new FakeChannel()): { channel: FakeChannel; place: HTMLElement } {
  const place = document.createElement('div');
  document.body.append(place);
  unmount = mount(place, { channel, host: fakeHost() });
  return { channel, place };
}

describe('the whole', () => {
  it('changes its view by tabs, with the arrow keys too', async () => {
    show();
    const user = userEvent.setup();
    const jobs = screen.getByRole('tab', { name: 'Jobs' });
    expect(jobs.getAttribute('aria-selected')).toBe('true');
    jobs.focus();
    await user.keyboard('{ArrowRight}');
    const cluster = screen.getByRole('tab', { name: 'Cluster' });
    expect(cluster.getAttribute('aria-selected')).toBe('true');
    expect(document.activeElement).toBe(cluster);
    expect(screen.getByRole('tabpanel').getAttribute('aria-labelledby')).toBe(cluster.id);
  });

  it('looks for jobs until they come', async () => {
    const { channel } = show();
    expect(screen.getByText('Looking for jobs…')).toBeTruthy();
    channel.whole([row({ name: 'here' })]);
    expect(await screen.findByText('here')).toBeTruthy();
  });

  it('tells of a lost connection, and of trouble', async () => {
    const { channel } = show();
    channel.become('lost');
    expect(await screen.findByText(/connection is lost/)).toBeTruthy();
    channel.become('open');
    await waitFor(() => expect(screen.queryByText(/connection is lost/)).toBeNull());
    channel.push({ push: 'trouble', message: 'OAR <b>sleeps</b>.' });
    expect(await screen.findByText('OAR <b>sleeps</b>.')).toBeTruthy();
  });

  it('opens a job and comes back', async () => {
    const { channel } = show();
    channel.whole([row({ name: 'this one' })]);
    const user = userEvent.setup();
    await user.click(await screen.findByText('this one'));
    expect(await screen.findByRole('complementary', { name: 'Job' })).toBeTruthy();
    await user.click(screen.getByTitle('Back (Escape)'));
    expect(screen.queryByRole('complementary', { name: 'Job' })).toBeNull();
  });

  it('leaves nothing behind', () => {
    const { channel, place } = show();
    unmount?.();
    unmount = undefined;
    expect(place.childNodes).toHaveLength(0);
    expect(place.className).toBe('');
    expect(channel.closed).toBe(false);
  });
});
