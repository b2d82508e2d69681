/** The node's own log files, and what its services have logged (KEP-2258). */
@NullMarked
package dev.coracle.kubelet.server.internal.nodelogs;

import org.jspecify.annotations.NullMarked;
