/** What a user feels of a whole cluster: start, memory, idleness, pods. */
@NullMarked
package dev.coracle.benchmarks.cluster;

import org.jspecify.annotations.NullMarked;
