import { LabIcon } from '@jupyterlab/ui-components';

/** Bars on a time line, as on a Gantt chart. */
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">
  <g class="jp-icon3" fill="#616161">
    <rect x="1" y="2.5" width="8" height="3" rx="1"/>
    <rect x="4.5" y="6.5" width="10.5" height="3" rx="1"/>
    <rect x="2.5" y="10.5" width="6" height="3" rx="1"/>
  </g>
</svg>`;

export const jobsIcon = new LabIcon({ name: 'pydra-oar-jupyter:jobs', svgstr: svg });
