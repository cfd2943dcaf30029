import type { ClusterHost } from '../../protocol';

/** How many resources have a value, and how many of these are free now. */
export interface FreeOf {
  value: string;
  resources: number;
  free: number;
}

/** Values of a property that can be told apart at a glance. */
const MOST_VALUES = 200;
const USUAL = ['cluster', 'gpu_model', 'gpumodel', 'cputype', 'cpu_model', 'host'];
const byValue = new Intl.Collator(undefined, { numeric: true });

/** What hosts can be told apart by: properties with a few values, the usual ones first. */
export function properties(hosts: readonly ClusterHost[]): string[] {
  const names = new Set(hosts.flatMap((host) => Object.keys(host.properties)));
  const useful = [...names].filter((name) => {
    const { size } = new Set(hosts.map((host) => host.properties[name] ?? ''));
    return size > 1 && size <= MOST_VALUES;
  });
  return usualFirst(useful);
}

export function usualFirst(names: readonly string[]): string[] {
  const place = (name: string): number => {
    const at = USUAL.indexOf(name);
    return at < 0 ? USUAL.length : at;
  };
  return [...names].sort((a, b) => place(a) - place(b) || byValue.compare(a, b));
}

/** What is free now for each value of a property, in order of value; hosts without it are left out. */
export function freeBy(hosts: readonly ClusterHost[], property: string): FreeOf[] {
  const found = new Map<string, FreeOf>();
  for (const host of hosts) {
    const value = host.properties[property];
    if (!value) continue;
    let of = found.get(value);
    if (!of) found.set(value, (of = { value, resources: 0, free: 0 }));
    of.resources += host.resources;
    of.free += host.free;
  }
  return [...found.values()].sort((a, b) => byValue.compare(a.value, b.value));
}

export function freeOfAll(hosts: readonly ClusterHost[]): FreeOf {
  const sum = (of: (host: ClusterHost) => number): number =>
    hosts.reduce((total, host) => total + of(host), 0);
  return { value: '', resources: sum((host) => host.resources), free: sum((host) => host.free) };
}
