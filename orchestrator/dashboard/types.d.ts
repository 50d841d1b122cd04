// What the API answers, as far as the dashboard reads it. See docs/http-api.md.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Schema = { [keyword: string]: any };

export interface Fact { value: boolean; since: string }
export interface Dialog { type: string; message: string; action: string; page: string; default?: string }
export interface Page {
  id: string; url: string; title: string; main: boolean;
  label: string | null; isolated: boolean; dialog: Dialog | null;
  controlled_by?: string | null;
}
export interface HumanCall {
  id: string; reason: string; page: string; asked_at: number; request_id: string;
}
export interface Browser {
  name: string; version: string; epoch: number; ok: boolean; headless: boolean; pages: Page[];
  human_calls?: HumanCall[];
}
export interface Agent {
  agent_id: string;
  labels: { [name: string]: string };
  created_at: string;
  last_seen_at: string | null;
  install_id: string;
  versions: {
    xagent: string; python: string; platform: string; playwright: string; hostname: string;
  } | null;
  browser: Browser | null;
  contact: { connected: Fact; responsive: Fact; browser_ok: Fact };
  session: { remote_address: string; started_at: string; end_reason: string | null } | null;
  in_flight: number;
  queued: number;
}
export interface Artifact {
  artifact_id: string; content_type: string; size: number; sha256: string; name: string;
}
export type State = 'queued' | 'dispatched' | 'running'
  | 'succeeded' | 'failed' | 'cancelled' | 'expired' | 'timed_out' | 'lost';
export interface CommandSummary {
  request_id: string; agent_id: string; action: string;
  page: { id: string; url: string | null; title: string | null } | null;
  requested_by?: string | null;
  state: State; effect: string;
  error: { code: string; message: string; details?: Json } | null;
  artifacts: Artifact[];
  dialog: Dialog | null;
  attempt: number; cancel_requested: boolean;
  created_at: string; started_at: string | null; finished_at: string | null;
  duration_ms: number | null;
}
export interface Command extends CommandSummary {
  params: { [name: string]: Json };
  timeout: number; idempotent: boolean; record: string | null;
  result: Json; notices: string[]; dispatched_at: string | null;
  withheld?: string[];
}
export interface Action {
  name: string; family: string; description: string; reads: boolean; on_page: boolean;
  params: Schema; result: Schema; package: string | null;
}
export interface Me {
  kind: string; can_control: boolean; agent_id: string | null; expires_at: string | null;
  name?: string | null;
}
export interface PageOf<T> { items: T[]; next_cursor: string | null }
export interface LiveState {
  page: string; url: string; title: string;
  dialog: Dialog | null;
  control: { holder: string; seconds: number } | null;
  chooser: { number: number; multiple: boolean } | null;
}
