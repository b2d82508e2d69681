/** Deployments: from one template to the next by ReplicaSets. */
@NullMarked
package dev.coracle.controllers.internal.deployment;

import org.jspecify.annotations.NullMarked;
