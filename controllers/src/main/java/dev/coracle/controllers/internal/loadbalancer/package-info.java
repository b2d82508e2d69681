/** Addresses for Services of type LoadBalancer where no cloud gives them. */
@NullMarked
package dev.coracle.controllers.internal.loadbalancer;

import org.jspecify.annotations.NullMarked;
