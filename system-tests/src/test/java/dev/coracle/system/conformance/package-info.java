/**
 * Kubernetes' conformance tests, written anew: one class for each group of names, one cluster for
 * all, a namespace for each test. They speak HTTPS with a client of their own, so nothing of the
 * server's code judges the server. {@code -Dcoracle.conformance.kubeconfig=FILE} runs them against
 * a cluster that is there already.
 */
@NullMarked
package dev.coracle.system.conformance;

import org.jspecify.annotations.NullMarked;
