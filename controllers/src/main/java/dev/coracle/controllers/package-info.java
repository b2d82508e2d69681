/**
 * Keeps reality equal to intent. {@link dev.coracle.controllers.ControllerManager} is the
 * component, {@link dev.coracle.controllers.ControllerList} the ordered list of all controllers;
 * each has a package of its own below {@code internal}.
 */
@NullMarked
package dev.coracle.controllers;

import org.jspecify.annotations.NullMarked;
