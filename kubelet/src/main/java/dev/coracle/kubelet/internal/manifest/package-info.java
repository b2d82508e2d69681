/**
 * Where pods come from. Beside the API: static pods, from manifests in a directory, and the mirror
 * pods that show them in the API.
 */
@NullMarked
package dev.coracle.kubelet.internal.manifest;

import org.jspecify.annotations.NullMarked;
