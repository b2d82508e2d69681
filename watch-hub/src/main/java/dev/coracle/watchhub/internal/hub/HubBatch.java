package dev.coracle.watchhub.internal.hub;

import java.util.List;

/**
 * What travels on the event bus: some changes of one resource, in order, immutable and passed by
 * reference. A receiver whose last revision is not {@code previousRevision} has missed something
 * and resumes from the history.
 *
 * @param previousSequence of the last event before this batch
 */
public record HubBatch(
    long previousRevision, long revision, long previousSequence, List<HubEvent> events) {}
