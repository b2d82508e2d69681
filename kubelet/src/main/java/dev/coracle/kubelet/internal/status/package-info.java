/** A pod's status: computed from what runs, and written to the API. */
@NullMarked
package dev.coracle.kubelet.internal.status;

import org.jspecify.annotations.NullMarked;
