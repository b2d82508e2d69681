/**
 * The ingress gateway: {@link dev.coracle.ingress.IngressGateway} lets HTTP in by the rules of
 * Ingress objects.
 */
@NullMarked
package dev.coracle.ingress;

import org.jspecify.annotations.NullMarked;
