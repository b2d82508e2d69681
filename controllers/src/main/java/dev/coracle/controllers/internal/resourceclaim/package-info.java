/** Claims for devices of pods: made by template, given back when the pods have ended. */
@NullMarked
package dev.coracle.controllers.internal.resourceclaim;

import org.jspecify.annotations.NullMarked;
