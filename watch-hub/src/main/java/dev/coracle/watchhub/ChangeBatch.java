package dev.coracle.watchhub;

import java.util.List;

/**
 * The changes of one or several whole revisions, in order. A revision is never split over batches.
 *
 * @param revision the store has changed no further than this; with no changes in it, a batch is a
 *     progress notice
 */
public record ChangeBatch(long revision, List<StorageChange> changes) {}
