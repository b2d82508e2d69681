/**
 * {@code coracle agent}: a machine that joins a cluster. It trusts the cluster's CA by its hash or
 * a file, gets a certificate of its own by a bootstrap token, and runs runtime, kubelet, proxy and
 * DNS of a node. Everything it says to the control plane goes through HTTPS connections that it
 * opens itself, the way back to its kubelet too.
 */
@NullMarked
package dev.coracle.launcher.agent;

import org.jspecify.annotations.NullMarked;
