/** Rotation of containers' log files. */
@NullMarked
package dev.coracle.kubelet.internal.logs;

import org.jspecify.annotations.NullMarked;
