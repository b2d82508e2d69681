/**
 * What users say about names in the ConfigMap {@code kube-system/coredns}: CoreDNS's language, and
 * the part of it that is understood here (ADR 0291).
 */
@NullMarked
package dev.coracle.coredns.internal.corefile;

import org.jspecify.annotations.NullMarked;
