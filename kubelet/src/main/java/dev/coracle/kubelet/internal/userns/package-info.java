/** Which ids of the host belong to which pod that has users of its own (KEP-127). */
@NullMarked
package dev.coracle.kubelet.internal.userns;

import org.jspecify.annotations.NullMarked;
