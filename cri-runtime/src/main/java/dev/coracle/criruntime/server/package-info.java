/**
 * What every CRI server needs, whatever runs its containers: calls on virtual threads, failures as
 * statuses, long lists in parts, container events.
 */
@NullMarked
package dev.coracle.criruntime.server;

import org.jspecify.annotations.NullMarked;
