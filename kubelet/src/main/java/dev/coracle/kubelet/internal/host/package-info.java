/** The machine below: directories, mounts, cgroups, capacity, clock and timers. */
@NullMarked
package dev.coracle.kubelet.internal.host;

import org.jspecify.annotations.NullMarked;
