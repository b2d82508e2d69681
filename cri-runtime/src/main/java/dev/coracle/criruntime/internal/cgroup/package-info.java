/**
 * Control groups of version 1, 2 and hybrid hosts: limits, membership, use, out-of-memory kills.
 */
@NullMarked
package dev.coracle.criruntime.internal.cgroup;

import org.jspecify.annotations.NullMarked;
