/**
 * What travels between this component and whoever knows the jobs: the Jupyter Server's part or,
 * without it, the notebook's kernel. The other side is the package's `monitor` folder.
 *
 * Times are seconds since the epoch, 0 for "not yet"; durations are seconds. Whatever a job, a
 * user or a server wrote is plain text, and is only ever shown as text.
 */

/** How a state looks: the words of `core/tones.py`. */
export type Tone = 'idle' | 'waiting' | 'running' | 'done' | 'cached' | 'failed' | 'stopped';

export type Kind =
  | 'cell'
  | 'script'
  | 'pydra' // a Pydra task's job
  | 'array' // opens to its elements
  | 'run' // a Pydra run: opens to nodes
  | 'node' // a node of a workflow: opens to tasks
  | 'task' // a task of a workflow
  | 'pairio' // a Pairio job, or the job of the cluster that runs one
  | 'other'; // somebody's job that was not submitted from here

/** One line of the table. */
export interface Row {
  /** `job:…`, `array:…`, `run:…`, `node:…`, `task:…`, `pairio:…`, `oar:<backend>/<id>`. */
  key: string;
  /** The key of the row that it is in, or "". */
  parent: string;
  kind: Kind;
  /** What people call it by: the scheduler's number, a run's or a Pairio job's id, or "". */
  id: string;
  name: string;
  owner: string;
  /** Whether it is this user's. */
  mine: boolean;
  backend: string;
  /** OAR's state, or that of a run, a task or a Pairio job. */
  state: string;
  tone: Tone;
  /** More of it in words: how it ended, what keeps it waiting, the trouble; or "". */
  note: string;
  /** The nodes it runs on, or "". */
  node: string;
  /** Such as `-l host=1/core=2,walltime=1:00:00 -q default`. */
  resources: string;
  queue: string;
  submitted: number;
  /** When the scheduler expects it to start; 0 if it does not say. */
  scheduled: number;
  started: number;
  ended: number;
  walltime: number;
  /** How far it is, 0 to 1; -1 if that is not known. */
  progress: number;
  /** What the progress is about, such as `epoch 3/10`. */
  progressText: string;
  /** Of a group: how many in it have each tone. */
  counts: Partial<Record<Tone, number>>;
  /** Whether it opens to rows that are sent once `follow` names it. */
  opens: boolean;
  /** What can be done with it now. */
  can: Action[];
  /** The notebook and the cell that it came from, for people; or "". */
  source: string;
  /** Its place among those that were submitted with it, or that are in the same row. */
  place: number;
}

export type Action = 'cancel' | 'hold' | 'resume' | 'again';

/** Only the fields that have changed travel; `key` names the row. */
export type RowChange = Partial<Row>;

export interface Hello {
  version: string;
  /** Names the spool: two programs that tell the same see the same jobs. */
  spool: string;
  user: string;
  now: number;
  /** The backend that is used when none is named. */
  backend: string;
  /** Those that can be asked here: "oar" where there is one, "local". */
  backends: string[];
}

/** A job, a run, a task: all that is known of one row. Empty strings and lists: nothing to tell. */
export interface Details {
  key: string;
  /** The request, as oarsub's words: what was asked. */
  asked: string;
  /** The exact command that submitted it. */
  command: string;
  /** Its folder in the spool. */
  folder: string;
  /** Where it runs on the node. */
  directory: string;
  /** The scheduler's history of it, in words, the oldest first. */
  events: { time: number; type: string; text: string }[];
  /** More facts, in order: label and value. */
  facts: { label: string; value: string }[];
  /** Jobs that it waits for: their keys where they are known here, else "". */
  dependencies: { key: string; id: string; name: string }[];
  /** Where it came from. */
  origin: { notebook: string; cellId: string; label: string } | null;
  /** The traceback, or the message that tells why it failed. */
  error: string;
  /** What to do about it, in a sentence. */
  advice: string;
  /** The streams whose output can be read. */
  streams: ('stdout' | 'stderr')[];
}

export interface LogPart {
  /** Of the control characters, terminals' colours (SGR) and the return to a line's begin are kept. */
  text: string;
  /** The first byte of it in the file, and the one after its last. */
  from: number;
  to: number;
  /** The size of the file, in bytes. */
  size: number;
  /** Whether nothing will be added. */
  ended: boolean;
}

export interface Acted {
  /** The keys for which it was done; for `again`, of the new jobs. */
  done: string[];
  /** Why it could not be done, by key. */
  problems: Record<string, string>;
}

export interface ClusterHost {
  name: string;
  /** Alive, Absent, Suspected or Dead; of several, the worst. */
  state: string;
  /** How many resources (mostly cores) it has, and how many of them are free now. */
  resources: number;
  free: number;
  properties: Record<string, string>;
}

export interface ClusterJob {
  id: string;
  /** The row's key, if there is one. */
  key: string;
  name: string;
  owner: string;
  mine: boolean;
  state: string;
  tone: Tone;
  start: number;
  stop: number;
  /** Whether `start` is the scheduler's forecast. */
  forecast: boolean;
  /** How many resources of each host. */
  hosts: Record<string, number>;
}

export interface Cluster {
  backend: string;
  now: number;
  from: number;
  to: number;
  hosts: ClusterHost[];
  jobs: ClusterJob[];
}

export interface Property {
  name: string;
  numeric: boolean;
  /** Each value with how many resources have it, and how many of them are free now. */
  values: { value: string; resources: number; free: number }[];
}

/** What can be asked of a site. */
export interface Site {
  backend: string;
  hosts: number;
  resources: number;
  free: number;
  properties: Property[];
  /** Levels of the hierarchy that it has, from the outermost in: cluster, host, cpu, gpu, core. */
  levels: string[];
  queues: string[];
  types: string[];
}

export interface Condition {
  property: string;
  /** `=`, `!=`, `>=`, `<=` */
  operator: string;
  value: string;
}

/** What is asked, as the form shows it. */
export interface Choice {
  /** The counts of the hierarchy, from the outermost in; 0 stands for all. */
  levels: { name: string; count: number }[];
  conditions: Condition[];
  /** In seconds; 0 for the site's default. */
  walltime: number;
  queue: string;
  types: string[];
  /** Words that the form has no fields for; they are kept. */
  rest: string;
}

export interface Picked {
  /** The choice as oarsub's words: `-l … -p …`. */
  words: string;
  /** How many resources and hosts match, and how many of these are free now. */
  matching: { hosts: number; resources: number };
  free: { hosts: number; resources: number };
  /** When such a job would start, as far as the schedule tells; 0: now; -1: not known; -2: never. */
  start: number;
  /** What is wrong with it, or why the start is not known, or "". */
  note: string;
}

/** What can be asked: the verb, its parameters, the answer. */
export interface Verbs {
  hello: { ask: Record<string, never>; answer: Hello };
  /** Begin, or change, what is pushed. `opened`: keys of the rows whose children are wanted. */
  follow: { ask: { everyone: boolean; opened: string[] }; answer: null };
  /** Have `grown` pushed for these keys. */
  watch: { ask: { keys: string[] }; answer: null };
  details: { ask: { key: string }; answer: Details };
  /** At most `most` bytes from `at`, or 1,024 if that is more; `at` -1: the last ones. */
  log: {
    ask: { key: string; stream: 'stdout' | 'stderr'; at: number; most: number };
    answer: LogPart;
  };
  act: { ask: { action: Action; keys: string[] }; answer: Acted };
  cluster: { ask: { backend: string; from: number; to: number }; answer: Cluster };
  site: { ask: { backend: string }; answer: Site };
  pick: { ask: { backend: string; choice: Choice }; answer: Picked };
  /** Read a request's words back into the form. */
  read: { ask: { words: string }; answer: Choice };
  /** A cell with these words on its first line; other options of that line are kept. */
  place: { ask: { cell: string; words: string }; answer: { cell: string } };
}

export type Verb = keyof Verbs;

/** Sent from here: `id` is told back with the answer. */
export interface Question<V extends Verb = Verb> {
  id: number;
  ask: V;
  with: Verbs[V]['ask'];
}

/** What is wrong and what to do, for a person. */
export interface Problem {
  message: string;
  hint: string;
}

export type Answer =
  { id: number; answer: unknown; problem?: undefined } | { id: number; problem: Problem };

/** What comes unasked. */
export type Push =
  /** `whole`: it replaces all rows. `now`: the sender's clock. */
  | { push: 'rows'; whole: boolean; now: number; changed: RowChange[]; gone: string[] }
  /** The sizes of a watched job's output, in bytes, each time that they change. */
  | { push: 'grown'; key: string; stdout: number; stderr: number; ended: boolean }
  /** Something does not answer at the moment; "" when it does again. */
  | { push: 'trouble'; message: string };

export type Message = Answer | Push;
