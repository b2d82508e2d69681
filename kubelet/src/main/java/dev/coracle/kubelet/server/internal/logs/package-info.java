/** Reading and following container log files in the CRI format, rotated ones included. */
@NullMarked
package dev.coracle.kubelet.server.internal.logs;

import org.jspecify.annotations.NullMarked;
