import type { VNode } from 'preact';
import { useId } from 'preact/hooks';

import type { Choice, Condition, Property, Site } from '../../protocol';
import { t } from '../../words';
import { usualFirst } from '../cluster/free';
import { onProperty, operators, withOwn } from './choice';

interface Props {
  site: Site;
  choice: Choice;
  change: (choice: Choice) => void;
}

/** What the resources must be like. */
export function Conditions({ site, choice, change }: Props): VNode {
  const { conditions } = choice;
  const set = (next: Condition[]): void => change({ ...choice, conditions: next });
  const first = site.properties[0];
  return (
    <fieldset class="poj-conditions">
      <legend>{t('Only with')}</legend>
      {conditions.map((condition, index) => (
        <ConditionLine
          key={index}
          number={index + 1}
          site={site}
          condition={condition}
          change={(next) => set(conditions.with(index, next))}
          remove={() => set(conditions.filter((_, at) => at !== index))}
        />
      ))}
      {first && (
        <button
          type="button"
          class="poj-pill"
          onClick={() => {
            const used = conditions.map(({ property }) => property);
            const names = site.properties.map(({ name }) => name);
            const property = usualFirst(names).find((name) => !used.includes(name)) ?? first.name;
            set([...conditions, { property, operator: '=', value: '' }]);
          }}
        >
          {t('+ condition')}
        </button>
      )}
    </fieldset>
  );
}

interface LineProps {
  number: number;
  site: Site;
  condition: Condition;
  change: (condition: Condition) => void;
  remove: () => void;
}

function ConditionLine({ number, site, condition, change, remove }: LineProps): VNode {
  const property = site.properties.find(({ name }) => name === condition.property);
  const names = site.properties.map(({ name }) => name);
  const signs = operators(property);
  return (
    <div class="poj-condition" role="group" aria-label={t('Condition %1', number)}>
      <select
        aria-label={t('Property')}
        value={condition.property}
        onChange={(event) => {
          const chosen = site.properties.find(({ name }) => name === event.currentTarget.value);
          if (chosen) change(onProperty(condition, chosen));
        }}
      >
        {withOwn(names, condition.property).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <select
        aria-label={t('Comparison')}
        value={condition.operator}
        onChange={(event) => change({ ...condition, operator: event.currentTarget.value })}
      >
        {withOwn(signs, condition.operator).map((sign) => (
          <option key={sign} value={sign}>
            {SIGNS[sign] ?? sign}
          </option>
        ))}
      </select>
      <Value
        property={property}
        value={condition.value}
        change={(value) => change({ ...condition, value })}
      />
      <button
        type="button"
        class="poj-remove"
        aria-label={t('Remove condition %1', number)}
        title={t('Remove')}
        onClick={remove}
      >
        ×
      </button>
    </div>
  );
}

const SIGNS: Record<string, string> = { '!=': '≠', '>=': '≥', '<=': '≤' };

interface ValueProps {
  property: Property | undefined;
  value: string;
  change: (value: string) => void;
}

function Value({ property, value, change }: ValueProps): VNode {
  const list = useId();
  if (property && !property.numeric) {
    const known = property.values.some((one) => one.value === value);
    return (
      <select
        aria-label={t('Value')}
        value={value}
        onChange={(event) => change(event.currentTarget.value)}
      >
        {!value && <option value="">{t('choose…')}</option>}
        {value && !known && <option value={value}>{value}</option>}
        {property.values.map((one) => (
          <option key={one.value} value={one.value}>
            {one.value} ({t('%1 of %2 free', one.free, one.resources)})
          </option>
        ))}
      </select>
    );
  }
  return (
    <>
      <input
        aria-label={t('Value')}
        list={list}
        value={value}
        onInput={(event) => change(event.currentTarget.value.trim())}
      />
      <datalist id={list}>
        {property?.values.map((one) => (
          <option key={one.value} value={one.value}>
            {t('%1 of %2 free', one.free, one.resources)}
          </option>
        ))}
      </datalist>
    </>
  );
}
