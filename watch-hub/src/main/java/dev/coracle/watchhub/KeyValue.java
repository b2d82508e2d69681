package dev.coracle.watchhub;

/**
 * One key at one revision.
 *
 * @param createRevision the revision that made the key
 * @param modRevision the revision of this value
 * @param version 1 at creation, one more with every change
 * @param lease the lease the key hangs on, 0 for none
 */
public record KeyValue(
    String key, byte[] value, long createRevision, long modRevision, long version, long lease) {}
