/** In the place of what the viewer would need for formats that it is not given here. */
export default undefined;
