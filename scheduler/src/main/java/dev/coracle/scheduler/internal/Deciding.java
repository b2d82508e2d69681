package dev.coracle.scheduler.internal;

import dev.coracle.client.EventRecorder;
import dev.coracle.scheduler.internal.cycle.Framework;
import dev.coracle.scheduler.internal.cycle.Preemption;

/** What decides about the pods of one profile, and tells of it under its name. */
public record Deciding(
    Framework framework,
    Preemption preemption,
    EventRecorder events,
    SchedulerMetrics metrics,
    PodOutcomes outcomes) {}
