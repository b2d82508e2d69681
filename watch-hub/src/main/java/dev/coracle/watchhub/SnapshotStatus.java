package dev.coracle.watchhub;

/**
 * What a snapshot holds.
 *
 * @param revision the store's revision it shows
 * @param hash over all keys and values, eight hexadecimal digits
 * @param damage of a salvage: what was met in the data directory and where reading ended; else
 *     empty
 */
public record SnapshotStatus(
    long revision, long keys, long leases, long bytes, String hash, String damage) {}
