import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** Counts; labels in the order in which they were named. */
export interface CounterMetric {
  add(value: number, ...labelValues: string[]): void;
}

/** Observes durations or sizes. */
export interface HistogramMetric {
  observe(value: number, ...labelValues: string[]): void;
}

interface MetricOptions {
  /** Without the prefix trent_; a counter's ends in _total, a duration's in _seconds. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** Metrics of a process, read at /metrics; the same name twice is the same metric. On hot paths aggregate a batch and add once. */
export interface Metrics {
  counter(options: MetricOptions): CounterMetric;
  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): HistogramMetric;
  /** A figure that is read when somebody asks: one value, or one a label value. */
  gauge(
    options: Omit<MetricOptions, 'labels'> & { readonly label?: string; readonly read: () => number | ReadonlyMap<string, number> },
  ): void;
  /** Everything in Prometheus' text format. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Buckets for durations in seconds of calls inside a deployment. */
export const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10] as const;

/** Makes an empty set of metrics; `process: true` adds those of Node.js (memory, event loop, collector). */
export function createMetrics(options: { readonly process: boolean }): Metrics {
  const registry = new Registry();
  const counters = new Map<string, CounterMetric>();
  const histograms = new Map<string, HistogramMetric>();
  if (options.process) collectDefaultMetrics({ register: registry });
  return {
    counter: ({ name, help, labels = [] }) =>
      once(counters, name, () => {
        const counter = new Counter({ name: `trent_${name}`, help, labelNames: labels, registers: [registry] });
        return { add: (value, ...labelValues) => counter.labels(...labelValues).inc(value) };
      }),
    histogram: ({ name, help, labels = [], buckets }) =>
      once(histograms, name, () => {
        const histogram = new Histogram({ name: `trent_${name}`, help, labelNames: labels, buckets: [...buckets], registers: [registry] });
        return { observe: (value, ...labelValues) => histogram.labels(...labelValues).observe(value) };
      }),
    gauge: ({ name, help, label, read }) => {
      const labelNames = label === undefined ? [] : [label];
      new Gauge({ name: `trent_${name}`, help, labelNames, registers: [registry], collect: collectorOf(read) });
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

function once<T>(known: Map<string, T>, name: string, make: () => T): T {
  const metric = known.get(name) ?? make();
  known.set(name, metric);
  return metric;
}

function collectorOf(read: () => number | ReadonlyMap<string, number>): (this: Gauge) => void {
  return function collect(this: Gauge): void {
    const value = read();
    if (typeof value === 'number') {
      this.set(value);
      return;
    }
    this.reset();
    for (const [labelValue, figure] of value) this.labels(labelValue).set(figure);
  };
}
