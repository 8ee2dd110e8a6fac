export { type Place, type PlaceOptions, placeSchema } from '../training/place.ts';
