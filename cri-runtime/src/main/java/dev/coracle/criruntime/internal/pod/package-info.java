/** Pod sandboxes: the namespaces, the network and the state that the containers of a pod share. */
@NullMarked
package dev.coracle.criruntime.internal.pod;

import org.jspecify.annotations.NullMarked;
