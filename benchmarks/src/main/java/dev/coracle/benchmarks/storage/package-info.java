/** The storages side by side with a real etcd, and the watch hub with ten thousand watchers. */
@NullMarked
package dev.coracle.benchmarks.storage;

import org.jspecify.annotations.NullMarked;
