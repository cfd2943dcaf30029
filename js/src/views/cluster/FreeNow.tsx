import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';

import type { ClusterHost } from '../../protocol';
import { count } from '../../ui/format';
import { t } from '../../words';
import { freeBy, freeOfAll, properties, type FreeOf } from './free';

/** Show only hosts with this value of this property. */
export interface Only {
  property: string;
  value: string;
}

interface Props {
  hosts: readonly ClusterHost[];
  only: Only | null;
  setOnly: (only: Only | null) => void;
}

/** What is free now, of all and by a property; a value pressed leaves only its hosts. */
export function FreeNow({ hosts, only, setOnly }: Props): VNode {
  const names = useMemo(() => properties(hosts), [hosts]);
  const [chosen, choose] = useState('');
  const property = names.includes(chosen) ? chosen : (names[0] ?? '');
  const values = useMemo(() => freeBy(hosts, property), [hosts, property]);
  const all = freeOfAll(hosts);
  return (
    <section aria-label={t('Free now')}>
      <div class="poj-free-head">
        <strong>{t('%1 of %2 free now', count(all.free), count(all.resources))}</strong>
        {names.length > 0 && (
          <label class="poj-labelled">
            <span>{t('by')}</span>
            <select
              value={property}
              onChange={(event) => {
                choose(event.currentTarget.value);
                setOnly(null);
              }}
            >
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {values.length > 0 && (
        <div class="poj-free-values" role="group" aria-label={t('Hosts by %1', property)}>
          {values.map((of) => {
            const pressed = only?.property === property && only.value === of.value;
            return (
              <Value
                key={of.value}
                of={of}
                pressed={pressed}
                onPress={() => setOnly(pressed ? null : { property, value: of.value })}
              />
            );
          })}
        </div>
      )}
    </section>
  );
}

function Value(props: { of: FreeOf; pressed: boolean; onPress: () => void }): VNode {
  const { value, free, resources } = props.of;
  const told = t('%1: %2 of %3 free', value, free, resources);
  return (
    <button
      type="button"
      class="poj-free-value"
      aria-pressed={props.pressed}
      aria-label={told}
      title={told}
      onClick={props.onPress}
    >
      <span class="poj-free-name">{value}</span>
      <span class="poj-free-count">
        {count(free)}/{count(resources)}
      </span>
      <span class="poj-free-bar" aria-hidden="true">
        <span style={{ width: `${(100 * free) / Math.max(1, resources)}%` }} />
      </span>
    </button>
  );
}
