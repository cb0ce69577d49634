document.title = 'Rides'
