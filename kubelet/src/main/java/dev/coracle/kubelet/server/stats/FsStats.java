package dev.coracle.kubelet.server.stats;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A file system, or what one user of it takes ({@code usedBytes}, {@code inodesUsed}). */
public record FsStats(
    Instant time,
    @Nullable Long availableBytes,
    @Nullable Long capacityBytes,
    @Nullable Long usedBytes,
    @Nullable Long inodesFree,
    @Nullable Long inodes,
    @Nullable Long inodesUsed) {}
